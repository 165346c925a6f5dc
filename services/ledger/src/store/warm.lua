-- Puts accounts read from the journal into the hot state, if the epoch still holds; a live balance is never overwritten.
-- KEYS meta, accounts · ARGV epoch, then account and 'balance:overdraft' by turns · answers 1, or 0 for another epoch
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
for i = 2, #ARGV, 2 do
  redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 1])
end
return 1
