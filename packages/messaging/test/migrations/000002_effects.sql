create table effects (position bigint generated always as identity, text text not null);
