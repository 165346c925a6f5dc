import { accept, type Decision, type MunicipalityId, type Refusal, refuse } from '@campanella/vocabulary';
import { type BillingPrepareDeps, type BillingRefusal, prepareBilling } from './billing-run.ts';
import { type CertificationRefusal, prepareCertification } from './certification-run.ts';
import { type OverdueRefusal, prepareOverdue } from './overdue-runs.ts';
import type { BillingRules, DocumentStore } from './ports.ts';
import { confirmRun, discardRun, type Editor, type Run, type RunRefusal } from './runs.ts';

export type RefundRefusal = { readonly kind: 'unknown_credit' };

/** What the office does, by HTTP or from the command line: each edit leaves a line that says who. */
export interface OfficeOperations {
  prepareBilling(asked: Parameters<typeof prepareBilling>[1]): Promise<Decision<Run, BillingRefusal>>;
  prepareOverdue(asked: Parameters<typeof prepareOverdue>[1]): Promise<Decision<Run, OverdueRefusal>>;
  prepareCertification(asked: Parameters<typeof prepareCertification>[1]): Promise<Decision<Run, CertificationRefusal>>;
  confirm(who: Parameters<typeof confirmRun>[1]): Promise<Decision<Run, RunRefusal>>;
  discard(who: Parameters<typeof discardRun>[1]): Promise<Decision<Run, RunRefusal>>;
  /** False for a municipality that is no creditor. */
  putRules(municipalityId: MunicipalityId, rules: BillingRules, editor: Editor): Promise<boolean>;
  /** Notes that what a credit note owes was given back to the parent outside of the platform; again changes nothing. */
  refund(municipalityId: MunicipalityId, creditNoteId: string, editor: Editor): Promise<Decision<null, RefundRefusal>>;
}

export interface OfficeDeps extends BillingPrepareDeps {
  readonly documents: Pick<DocumentStore, 'markRefunded'>;
}

/** @param onWork called when a run has work */
export function officeOperations(deps: OfficeDeps, onWork: () => void): OfficeOperations {
  const waking = async <No extends Refusal>(decided: Promise<Decision<Run, No>>) => {
    const result = await decided;
    if (result.ok) onWork();
    return result;
  };
  return {
    prepareBilling: (asked) => waking(prepareBilling(deps, asked)),
    prepareOverdue: (asked) => waking(prepareOverdue(deps, asked)),
    prepareCertification: (asked) => waking(prepareCertification(deps, asked)),
    confirm: (who) => waking(confirmRun(deps, who)),
    discard: (who) => discardRun(deps, who),
    putRules: (municipalityId, rules, editor) =>
      deps.transaction(async (tx) => {
        if (!(await deps.rules.put(municipalityId, rules, tx))) return false;
        const edit = { editor, action: 'rules_put', subjectId: rules.service, editedAt: deps.clock.now() };
        await deps.edits.note(tx, municipalityId, edit);
        return true;
      }),
    refund: (municipalityId, creditNoteId, editor) =>
      deps.transaction(async (tx) => {
        const now = deps.clock.now();
        const refunded = await deps.documents.markRefunded(tx, municipalityId, creditNoteId, now);
        if (refunded === 'unknown') return refuse({ kind: 'unknown_credit' });
        if (refunded === 'marked') {
          const edit = { editor, action: 'credit_refunded', subjectId: creditNoteId, editedAt: now };
          await deps.edits.note(tx, municipalityId, edit);
        }
        return accept(null);
      }),
  };
}
