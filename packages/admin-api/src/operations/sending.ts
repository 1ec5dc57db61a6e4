import { boolean, list, object, operations, optional, text } from '@rinha/openapi'
import { processorName } from '../schemas.ts'

const body = object(
  { processor: optional(processorName) },
  { description: 'One processor by its name; all of them where none is named.' },
)

const answers = {
  200: {
    description: 'What is let through to each processor from now on. Said twice, it changes nothing.',
    json: object({
      processors: list(object({ name: text(), paused: boolean(), draining: boolean() })),
    }),
  },
}

export const sendingOperations = operations({
  pause: {
    method: 'POST',
    path: '/pause',
    role: 'operator',
    tag: 'sending',
    summary: 'Send nothing to a processor, or to any',
    description:
      'Its payments go to the others; while all are paused, what is accepted waits. Look-ups and health polls go on.',
    body,
    answers,
    problems: ['not-found'],
  },
  drain: {
    method: 'POST',
    path: '/drain',
    role: 'operator',
    tag: 'sending',
    summary: 'Send nothing new to a processor, or to any',
    description:
      'What may have been recorded there is repeated until it is known. It is drained when inFlightCount and unknownCount are 0.',
    body,
    answers,
    problems: ['not-found'],
  },
  resume: {
    method: 'POST',
    path: '/resume',
    role: 'operator',
    tag: 'sending',
    summary: 'Send everything to a processor, or to all, again',
    body,
    answers,
    problems: ['not-found'],
  },
})
