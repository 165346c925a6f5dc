import { useId, useState } from 'react';
import { Link } from 'react-router';
import type { CompanyField } from '../api/sign-in.ts';
import { looksLikePerson } from '../domain/company-login.ts';
import { TEXTS } from '../texts.ts';
import { Icon } from './icon.tsx';
import { digitalIdentityPath } from './sign-in-path.ts';

const texts = TEXTS.signIn.company;
const USERNAME: CompanyField = 'partitaIva';
const PASSWORD: CompanyField = 'password';

/** Where the partita IVA goes. Whoever types a person's codice fiscale is told so before anything is sent. */
export function UsernameField({ fault, back }: { fault: string | undefined; back: string }) {
  const [isPerson, setPerson] = useState(false);
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{texts.username}</label>
      <input
        id={id}
        name={USERNAME}
        type="text"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        className="form-control"
        onChange={(event) => setPerson(looksLikePerson(event.target.value))}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-help ${id}-hint ${id}-fault`}
      />
      <p id={`${id}-help`} className="field-help">
        {texts.usernameHelp}
      </p>
      <p id={`${id}-hint`} className="field-hint" role="status">
        {isPerson && (
          <>
            {texts.looksLikePerson} <Link to={digitalIdentityPath(back)}>{texts.digitalLink}</Link>.
          </>
        )}
      </p>
      <FieldFault id={`${id}-fault`} fault={fault} />
    </div>
  );
}

/** Where the password goes; it can be shown, since many are mistyped on a phone. */
export function PasswordField({ fault }: { fault: string | undefined }) {
  const [isShown, setShown] = useState(false);
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{texts.password}</label>
      <div className="password">
        <input
          id={id}
          name={PASSWORD}
          type={isShown ? 'text' : 'password'}
          autoComplete="current-password"
          autoCapitalize="none"
          spellCheck={false}
          className="form-control"
          aria-invalid={fault !== undefined}
          aria-describedby={`${id}-fault`}
        />
        <button type="button" className="show-password" onClick={() => setShown(!isShown)}>
          <Icon name={isShown ? 'it-password-invisible' : 'it-password-visible'} className="icon-primary" />
          <span className="visually-hidden">{isShown ? texts.hidePassword : texts.showPassword}</span>
        </button>
      </div>
      <FieldFault id={`${id}-fault`} fault={fault} />
    </div>
  );
}

function FieldFault({ id, fault }: { id: string; fault: string | undefined }) {
  return (
    <p id={id} className="fault">
      {fault}
    </p>
  );
}
