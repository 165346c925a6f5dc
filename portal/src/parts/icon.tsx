import sprites from 'bootstrap-italia/dist/svg/sprites.svg?url';

/** A picture of Bootstrap Italia's sprite. It always stands beside a text, so screen readers skip it. */
export function Icon({ name, className = '' }: { name: string; className?: string }) {
  return (
    <svg className={`icon ${className}`} aria-hidden="true" focusable="false">
      <use href={`${sprites}#${name}`} />
    </svg>
  );
}
