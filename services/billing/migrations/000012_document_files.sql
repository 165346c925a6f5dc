-- 000012: what a credit note gives back is found from the credit note, for its file.
create index document_charges_by_credit_note on document_charges (municipality_id, credit_note_id, service_date)
  where credit_note_id is not null;
