/** A card with the letters CIE, white on the button's blue: drawn by us, since no package carries the ministry's own. */
export function CieMark() {
  return (
    <svg viewBox="0 0 48 32" aria-hidden="true" focusable="false">
      <g fill="none" stroke="currentColor" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round">
        <rect x="1.5" y="1.5" width="45" height="29" rx="4" />
        <path d="M17 11.5a5.5 5.5 0 1 0 0 9M24 11v10.5M39 11h-7v10.5h7M32 16.2h5.5" />
      </g>
    </svg>
  );
}
