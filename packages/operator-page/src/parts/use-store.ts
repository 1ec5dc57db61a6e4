import { useEffect, useState } from 'preact/hooks'
import type { Store } from '../data/store.ts'

/** Draws anew when the store changes, once a frame at the most, and each second besides: ages grow. */
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
