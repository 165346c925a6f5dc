/** Codes of the technical rules, "Federation error management", with their HTTP status. */
const STATUS = {
  invalid_request: 400,
  invalid_client: 400,
  unauthorized_client: 400,
  temporarily_unavailable: 400,
  not_found: 404,
} as const;

/** A refusal of the federation, as it goes on the wire: `{ "error", "error_description" }`. */
export class FederationError extends Error {
  readonly code: keyof typeof STATUS;
  readonly status: number;
  constructor(code: keyof typeof STATUS, description: string, cause?: unknown) {
    super(description, { cause });
    this.code = code;
    this.status = STATUS[code];
  }
}
