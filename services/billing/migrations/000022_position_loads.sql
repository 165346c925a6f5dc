-- What pagoPA has to be told about positions: one row per change, in the order of the changes, deleted once pagoPA has it. A trigger writes it, so that
-- no way of changing a position forgets it. A position's rows are sent one after the other; whoever sends one holds it until next_at.
create table position_loads (
  municipality_id bigint not null,
  load bigint generated always as identity,
  position_id uuid not null,
  amount_cents bigint not null,
  due_on date not null,
  state text not null,
  appended_at timestamptz not null default now(),
  attempts integer not null default 0,
  next_at timestamptz not null default now(),
  primary key (municipality_id, load),
  foreign key (municipality_id, position_id) references positions
);
create index position_loads_by_position on position_loads (municipality_id, position_id, load);
-- Of all municipalities together: whichever change is due first is told next, and the oldest says how late we are.
create index position_loads_due on position_loads (next_at, load);
create index position_loads_by_age on position_loads (appended_at);

create function append_position_load() returns trigger language plpgsql as $$
begin
  insert into position_loads (municipality_id, position_id, amount_cents, due_on, state)
  values (new.municipality_id, new.position_id, new.amount_cents, new.due_on, new.state);
  return null;
end
$$;

create trigger position_made after insert on positions for each row execute function append_position_load();
create trigger position_changed after update of amount_cents, due_on, state on positions for each row
  when ((old.amount_cents, old.due_on, old.state) is distinct from (new.amount_cents, new.due_on, new.state))
  execute function append_position_load();

insert into position_loads (municipality_id, position_id, amount_cents, due_on, state)
select municipality_id, position_id, amount_cents, due_on, state from positions where state = 'open' order by created_at;
