import { useEffect, useState } from 'react'

const TICK_MS = 1_000

/** The time in milliseconds, which goes on as long as something is running. */
export function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!isRunning) return
    const ticking = window.setInterval(() => setNow(Date.now()), TICK_MS)
    return () => window.clearInterval(ticking)
  }, [isRunning])
  return now
}
