import { journalsIn } from '@rinha/journal/fs'
import type { CoordinatorSettings } from '../settings.ts'

/** The problem if JOURNAL_DIR has journals that a start with these settings would not read. What is in them would be charged again. */
export function otherLayout({ JOURNAL_DIR, SHARDS }: CoordinatorSettings): string | undefined {
  if (JOURNAL_DIR === '') return undefined
  const { isWhole, shards, isUnfinished } = journalsIn(JOURNAL_DIR)
  if (isUnfinished)
    return `JOURNAL_DIR=${JOURNAL_DIR} was being made by npm run ledger -- reshard, which did not finish. Remove the directory, and run that again`
  const held = shards.find(index => SHARDS === 1 || index >= SHARDS)
  const found =
    isWhole && SHARDS > 1
      ? 'the journal of a single shard'
      : held !== undefined && (SHARDS === 1 ? 'those of several shards' : `shard ${held} of more`)
  return found === false
    ? undefined
    : `JOURNAL_DIR=${JOURNAL_DIR} holds ${found}, and SHARDS=${SHARDS}. Start with the former SHARDS, or run npm run ledger -- reshard --from ${JOURNAL_DIR} --to DIR --shards ${SHARDS} and start with that directory`
}
