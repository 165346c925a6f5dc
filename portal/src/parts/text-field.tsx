interface TextFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onChange?: (value: string) => void;
  readonly placeholder?: string;
  readonly isNumeric?: boolean;
  /** The id of what is said about the fault, where there is one. */
  readonly faultId?: string | undefined;
}

/** A labelled field of a form; without `onChange` it only shows its value. */
export function TextField({ id, label, value, onChange, placeholder, isNumeric, faultId }: TextFieldProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="text"
        autoComplete="off"
        className="form-control"
        value={value}
        readOnly={onChange === undefined}
        {...(isNumeric === true ? { inputMode: 'numeric' as const } : {})}
        {...(placeholder === undefined ? {} : { placeholder })}
        {...(onChange === undefined ? {} : { onChange: (event) => onChange(event.target.value) })}
        {...(faultId === undefined ? {} : { 'aria-invalid': true, 'aria-describedby': faultId })}
      />
    </div>
  );
}
