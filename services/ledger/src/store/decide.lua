-- Decides one micro-batch of a shard in order. Nothing is decided anywhere else.
--
-- KEYS  meta, accounts, keys of today, keys of yesterday, pending
-- ARGV  epoch, head for this batch, last committed seq, seconds that today's keys live, then six values an entry:
--         'T', transfer id, household debited or '', household credited or '', amount, what the commit needs (opaque here)
--         'V', the same for a reversal, whose last value begins with the id it reverses and a space
--         'L', change id, account, '', new overdraft, what the commit needs
-- Answers { 'ok', first seq, last seq, previous head, results } with one result an entry, joined by newlines:
--   'A seq debit-after credit-after' accepted · 'D' known id · 'C' a cold account · 'R seq kind balance overdraft' refused
-- or { 'missing' } · { 'epoch', the one that holds }. Numbers are written by %.0f: plain concatenation turns 1e15 into scientific form.
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'head')
if not meta[1] then return { 'missing' } end
if meta[1] ~= ARGV[1] then return { 'epoch', meta[1] } end

local count = (#ARGV - 4) / 6
local seq = tonumber(meta[2])
local first = seq + 1

-- One read each for all ids and all accounts: a call per entry would cost more than the rest.
local ids, wanted, wantedAt, accountNames = {}, 0, {}, {}
for i = 1, count do
  local at = 4 + (i - 1) * 6
  wanted = wanted + 1
  ids[wanted] = ARGV[at + 2]
  if ARGV[at + 1] == 'V' then
    wanted = wanted + 1
    ids[wanted] = 'r:' .. string.sub(ARGV[at + 6], 1, 36)
  end
  for side = 3, 4 do
    local name = ARGV[at + side]
    if name ~= '' and not wantedAt[name] then
      accountNames[#accountNames + 1] = name
      wantedAt[name] = #accountNames
    end
  end
end
local known = {}
for _, key in ipairs({ KEYS[3], KEYS[4] }) do
  local found = redis.call('HMGET', key, unpack(ids))
  for i = 1, wanted do
    if found[i] then known[ids[i]] = true end
  end
end
local balance, overdraft = {}, {}
if #accountNames > 0 then
  local states = redis.call('HMGET', KEYS[2], unpack(accountNames))
  for i, name in ipairs(accountNames) do
    if states[i] then
      local b, o = string.match(states[i], '^(-?%d+):(%d+)$')
      balance[name], overdraft[name] = tonumber(b), tonumber(o)
    end
  end
end

local results, rows, newKeys, changed = {}, {}, {}, {}
for i = 1, count do
  local at = 4 + (i - 1) * 6
  local op, id, debit, credit = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local amount, body = tonumber(ARGV[at + 5]), ARGV[at + 6]
  if known[id] then
    results[i] = 'D'
  elseif (debit ~= '' and not balance[debit]) or (credit ~= '' and not balance[credit]) then
    results[i] = 'C'
  else
    seq = seq + 1
    local number = string.format('%.0f', seq)
    known[id] = true
    newKeys[#newKeys + 1] = id
    newKeys[#newKeys + 1] = number
    local reversed = op == 'V' and 'r:' .. string.sub(body, 1, 36) or nil
    if op == 'L' then
      overdraft[debit] = amount
      changed[debit] = true
      results[i] = 'A ' .. number .. ' - -'
      rows[#rows + 1] = 'L ' .. number .. ' - - ' .. body
    elseif reversed and known[reversed] then
      results[i] = 'R ' .. number .. ' already_reversed - -'
      rows[#rows + 1] = 'R ' .. number .. ' already_reversed - - ' .. id
    elseif debit ~= '' and balance[debit] - amount < -overdraft[debit] then
      local facts = string.format('limit_exceeded %.0f %.0f', balance[debit], overdraft[debit])
      results[i] = 'R ' .. number .. ' ' .. facts
      rows[#rows + 1] = 'R ' .. number .. ' ' .. facts .. ' ' .. id
    else
      local debitAfter, creditAfter = '-', '-'
      if reversed then
        known[reversed] = true
        newKeys[#newKeys + 1] = reversed
        newKeys[#newKeys + 1] = number
      end
      if debit ~= '' then
        balance[debit] = balance[debit] - amount
        changed[debit] = true
        debitAfter = string.format('%.0f', balance[debit])
      end
      if credit ~= '' then
        balance[credit] = balance[credit] + amount
        changed[credit] = true
        creditAfter = string.format('%.0f', balance[credit])
      end
      results[i] = 'A ' .. number .. ' ' .. debitAfter .. ' ' .. creditAfter
      rows[#rows + 1] = 'T ' .. number .. ' ' .. debitAfter .. ' ' .. creditAfter .. ' ' .. id .. ' ' .. body
    end
  end
end

if #newKeys > 0 then
  redis.call('HSET', KEYS[3], unpack(newKeys))
  redis.call('EXPIRE', KEYS[3], ARGV[4])
  local states = {}
  for name in pairs(changed) do
    states[#states + 1] = name
    states[#states + 1] = string.format('%.0f:%.0f', balance[name], overdraft[name])
  end
  if #states > 0 then redis.call('HSET', KEYS[2], unpack(states)) end
  local last = string.format('%.0f', seq)
  redis.call('HSET', KEYS[1], 'seq', last, 'head', ARGV[2])
  redis.call('XADD', KEYS[5], '0-' .. last, 'first', string.format('%.0f', first), 'previous', meta[3], 'head', ARGV[2], 'rows',
    table.concat(rows, '\n'))
end
redis.call('XTRIM', KEYS[5], 'MINID', '0-' .. string.format('%.0f', tonumber(ARGV[3]) + 1))
return { 'ok', string.format('%.0f', first), string.format('%.0f', seq), meta[3], table.concat(results, '\n') }
