/** A test scenario in stages. Each stage needs those before it, so after a failure the rest counts as failed, without being run. */
export interface Story {
  stage(title: string, work: () => Promise<void>): Promise<void>
  /** Prints the summary line. Returns the exit code. */
  end(): number
}

const never = new Promise<never>(() => undefined)

/** Once `signal` is aborted no stage ends any more: the signal handler ends the process. */
export function story(say: (line: string) => void, onFailure: () => Promise<void>, signal?: AbortSignal): Story {
  let passed = 0
  let failed = 0
  return {
    async stage(title, work) {
      if (failed > 0) {
        failed += 1
        say(`✗ ${title}: not reached`)
        return
      }
      const started = performance.now()
      try {
        await work()
        if (signal?.aborted) await never
        passed += 1
        say(`✓ ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
      } catch (error) {
        if (signal?.aborted) await never
        failed += 1
        say(`✗ ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
        say(error instanceof Error ? (error.stack ?? error.message) : String(error))
        await onFailure()
      }
    },
    end() {
      say(`${passed} passed, ${failed} failed`)
      return failed === 0 ? 0 : 1
    },
  }
}
