import type { Ledger } from '@rinha/ledger'
import { movedTo, onlyShard, printShard, type Shard, shardMark, unfinishedMark } from '@rinha/payment'

/** What the ledger's history has to be marked with before anything else; undefined where it is marked, or there is one shard. */
export function missingMark(ledger: Pick<Ledger, 'notes'>, shard: Shard): string | undefined {
  return ledger.notes.has('shard') ? undefined : shardMark(shard)
}

/** The problem if the ledger's history is that of another shard, or of none: its payments, or their duplicates, come to others. */
export function otherShard(ledger: Pick<Ledger, 'isNew' | 'notes'>, shard: Shard): string | undefined {
  const mark = ledger.notes.get('shard') ?? printShard(onlyShard)
  if (ledger.isNew || mark === printShard(shard)) return undefined
  if (mark === unfinishedMark)
    return 'it was being made by npm run ledger -- reshard, which did not finish: run that again, and start with what it says then'
  const place = movedTo(mark)
  if (place !== undefined)
    return `npm run ledger -- reshard has moved its payments to ${place}: start with that one`
  const [index, count] = mark.split('/')
  return `it holds shard ${index} of ${count}, and this is shard ${shard.index} of SHARDS=${shard.count}. Start with the former SHARDS and SHARD, or divide it anew: npm run ledger -- reshard`
}
