-- Begins a new epoch with an empty hot state; does nothing where a newer or the same epoch holds already.
-- KEYS meta, accounts, keys of today, keys of yesterday, pending · ARGV epoch, last seq, head, window from (ms) · answers 1 or 0
local held = redis.call('HGET', KEYS[1], 'epoch')
if held and tonumber(held) >= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'seq', ARGV[2], 'head', ARGV[3], 'window_from', ARGV[4])
return 1
