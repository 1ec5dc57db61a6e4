import { useEffect, useState } from 'preact/hooks'
import type { Store } from '../data/store.ts'

/** Redraws when the store changes, at most once a frame, and also once a second because ages grow. */
export function useStore(store: Store): number {
  const [nowMs, setNowMs] = useState(Date.now())
  useEffect(() => {
    let frame = 0
    const draw = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0
        setNowMs(Date.now())
      })
    }
    const ticking = setInterval(draw, 1000)
    const unsubscribe = store.subscribe(draw)
    return () => {
      clearInterval(ticking)
      unsubscribe()
      cancelAnimationFrame(frame)
    }
  }, [store])
  return nowMs
}
