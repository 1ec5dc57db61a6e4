import { useEffect, useState } from 'preact/hooks'
import { call } from '../data/api.ts'

/** What a GET answers; asked again when `version` is another one, and the last answer stays until the next is there. */
export function useAnswer<Answer>(path: string, version: unknown): Answer | undefined {
  const [answer, setAnswer] = useState<Answer>()
  useEffect(() => {
    let isOver = false
    call<Answer>('GET', path).then(
      given => {
        if (!isOver) setAnswer(given)
      },
      () => {},
    )
    return () => {
      isOver = true
    }
  }, [path, version])
  return answer
}
