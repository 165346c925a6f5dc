-- Keys shared by all replicas: 'token' signs the internal identity token, 'client' signs our assertions to the identity providers.
-- A key is published from the moment it is stored, used from active_from until the next one is active, and deleted some time after.
create table signing_keys (
  purpose text not null check (purpose in ('token', 'client')),
  kid text not null,
  alg text not null,
  public_jwk jsonb not null,
  private_jwk_sealed text not null,
  active_from timestamptz not null,
  primary key (purpose, kid)
);
