-- 000009: prices by ISEE band, and the certifications of a household. Brief locks, no rewrite: a constant default, a nullable column; older
-- code ignores both.
alter table tariff_prices
  -- [{iseeUpToCents, priceCents}] by rising limits: what is paid with an ISEE up to the limit; price_cents without one, and above them.
  add column bands jsonb not null default '[]' check (jsonb_typeof(bands) = 'array');
alter table households
  -- Certifications, sealed and padded: not even whether there is one can be read here. Null: written by an older release, none known.
  add column isee_sealed text;
