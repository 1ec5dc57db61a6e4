import { useEffect, useState } from 'preact/hooks'
import { send } from '../data/api.ts'

const jsonOf = (response: Response) => response.json()

/** The answer to a GET. A new `version` repeats the request; until its answer is there, the last one is returned. */
export function useAnswer<Answer>(
  path: string,
  version: unknown,
  read: (response: Response) => Promise<Answer> = jsonOf,
): Answer | undefined {
  const [answer, setAnswer] = useState<Answer>()
  useEffect(() => {
    let isOver = false
    send('GET', path)
      .then(read)
      .then(
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
