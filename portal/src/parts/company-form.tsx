import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { type CompanyField, type CompanyLogin, type CompanySignIn, signInCompany } from '../api/sign-in.ts';
import { TEXTS } from '../texts.ts';
import { PasswordField, UsernameField } from './company-fields.tsx';
import { CompanyRefusal } from './company-refusal.tsx';

const texts = TEXTS.signIn.company;

type Faults = Readonly<Partial<Record<CompanyField, string>>>;

/**
 * Sign-in of a company. The username stays through every refusal, the password never does and is in nothing but its field. Only the gateway
 * decides who may enter.
 */
export function CompanyForm({ back }: { back: string }) {
  const form = useRef<HTMLFormElement>(null);
  const isSending = useRef(false);
  const [faults, setFaults] = useState<Faults>({});
  const entering = useMutation({
    mutationFn: signInCompany,
    onSuccess: (answer) => {
      // Sending goes on until the browser has left this page.
      if (answer.kind === 'signed_in') window.location.assign(answer.redirectUrl);
      else takeBack(answer);
    },
    onError: () => takeBack(null),
  });
  const isBusy = entering.isPending || entering.data?.kind === 'signed_in';
  const takeBack = (answer: Exclude<CompanySignIn, { kind: 'signed_in' }> | null) => {
    isSending.current = false;
    const found = answer?.kind === 'invalid_request' ? answer.fields : {};
    setFaults(found);
    const password = fieldOf(form.current, 'password');
    if (password !== null) password.value = '';
    if (answer?.kind === 'wrong_credentials') password?.focus();
    else focusFirst(form.current, found);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isSending.current) return;
    const login = typedIn(event.currentTarget, back);
    const found = missingIn(login);
    setFaults(found);
    entering.reset();
    focusFirst(form.current, found);
    if (Object.keys(found).length > 0) return;
    isSending.current = true;
    entering.mutate(login);
  };
  return (
    <form ref={form} className="company-form" onSubmit={submit} noValidate aria-labelledby="company-title">
      <CompanyRefusal answer={entering.data} error={entering.error} back={back} />
      <UsernameField fault={faults.partitaIva} back={back} />
      <PasswordField fault={faults.password} />
      <button type="submit" className="btn btn-primary" aria-disabled={isBusy}>
        {isBusy ? texts.sending : texts.button}
      </button>
    </form>
  );
}

function typedIn(form: HTMLFormElement, back: string): CompanyLogin {
  const typed = new FormData(form);
  const text = (field: CompanyField) => String(typed.get(field) ?? '');
  return { partitaIva: text('partitaIva').trim(), password: text('password'), return: back };
}

function missingIn({ partitaIva, password }: CompanyLogin): Faults {
  return {
    ...(partitaIva === '' ? { partitaIva: texts.missingUsername } : {}),
    ...(password === '' ? { password: texts.missingPassword } : {}),
  };
}

function fieldOf(form: HTMLFormElement | null, field: CompanyField): HTMLInputElement | null {
  const found = form?.elements.namedItem(field);
  return found instanceof HTMLInputElement ? found : null;
}

function focusFirst(form: HTMLFormElement | null, faults: Faults): void {
  if (faults.partitaIva !== undefined) fieldOf(form, 'partitaIva')?.focus();
  else if (faults.password !== undefined) fieldOf(form, 'password')?.focus();
}
