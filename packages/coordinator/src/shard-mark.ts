import type { Ledger } from '@rinha/ledger'
import { type Shard, shardMark } from '@rinha/payment'

/** The problem if the ledger's history is that of another shard: duplicates of its payments come to others. */
export function otherShard(ledger: Pick<Ledger, 'isNew' | 'notes'>, shard: Shard): string | undefined {
  if (ledger.isNew || ledger.notes.get('shard') === shardMark(shard)) return undefined
  const [index, count] = (ledger.notes.get('shard') ?? '0/1').split('/')
  return `it holds shard ${index} of ${count}, and this is shard ${shard.index} of SHARDS=${shard.count}. Start with the former SHARDS and SHARD, or divide it anew: npm run ledger -- reshard`
}
