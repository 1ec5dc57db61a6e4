import { boolean, list, number, object, operations, text } from '@rinha/openapi'

/** Seconds in which something happened. */
export const replaySampleCountMax = 36_000

export const replayOperations = operations({
  getReplay: {
    method: 'GET',
    path: '/replay',
    role: 'viewer',
    tag: 'live',
    summary: 'How the ledger stood at each second, replayed from the journal',
    description:
      'Only with a journal (JOURNAL_DIR). A process of its own reads it and applies it to another ledger; that takes seconds, and whoever asks meanwhile ' +
      'gets the same answer. It begins at the newest snapshot, which has replaced what was before. A fact has the latest instant at which a payment came or was ' +
      `sent before it. The latest ${replaySampleCountMax} seconds in which something came or was sent are told.`,
    answers: {
      200: {
        description:
          'Samples, oldest first: how it stood at the end of a second. Seconds in which nothing came or was sent have none.',
        json: object({
          processors: list(text(), { description: 'Those that the journal names.' }),
          columns: list(text(), { description: 'What the numbers of a sample are, with their units.' }),
          samples: list(list(number())),
          isWhole: boolean({ description: 'Whether nothing was before the first sample.' }),
        }),
        isPrinted: true,
      },
    },
    problems: ['wrong-state', 'unavailable'],
  },
})
