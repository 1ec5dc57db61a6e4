import { useEffect, useState } from 'preact/hooks'
import { send } from '../data/api.ts'

const jsonOf = (response: Response) => response.json()

/** What a GET answers; asked again when `version` is another one, and the last answer stays until the next is there. */
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
