import { StartProblem } from '@rinha/service'

/** The problem of a command whose request to a coordinator's admin port got no answer. `error` is what `fetch` rejected with. */
export function noAnswer(url: string | URL, error: unknown): StartProblem {
  const { message, cause } = error as Error
  const detail = cause instanceof Error ? cause.message : message
  return new StartProblem(`no coordinator answers at ${url}, where --admin points: ${detail}`)
}
