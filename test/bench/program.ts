import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** A program of a benchmark in a process of its own, so that its CPU time and memory are its own. */
export interface Program {
  /** Calls a function of the program. Rejects if the function throws, or the program ends. */
  ask<T>(name: string, argument?: unknown): Promise<T>
  end(): Promise<void>
  /** SIGKILL. */
  kill(): void
}

interface Asked {
  id: number
  name: string
  argument: unknown
}

type Answered = { id: number } & ({ answer: unknown } | { error: string })

export function startProgram(file: URL, environment: NodeJS.ProcessEnv = {}): Program {
  const child = fork(file, { env: { ...process.env, ...environment }, serialization: 'advanced' })
  const ended = once(child, 'exit')
  let count = 0
  return {
    async ask<T>(name: string, argument?: unknown) {
      const id = ++count
      child.send({ id, name, argument } satisfies Asked)
      const over = ended.then(() => {
        throw new Error(`${file.pathname} ended before it answered ${name}`)
      })
      const answered = await Promise.race([answerTo(child, id), over])
      if ('error' in answered) throw new Error(answered.error)
      return answered.answer as T
    },
    async end() {
      child.disconnect()
      await ended
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

function answerTo(child: ChildProcess, id: number): Promise<Answered> {
  return new Promise((resolve) => {
    const take = (message: unknown) => {
      if ((message as Answered).id !== id) return
      child.off('message', take)
      resolve(message as Answered)
    }
    child.on('message', take)
  })
}

/** The other side: answers calls of these functions until the process that started this one ends it. */
export function answerCalls(functions: Record<string, (argument: never) => unknown>): void {
  process.on('message', async ({ id, name, argument }: Asked) => {
    try {
      process.send?.({ id, answer: await functions[name]?.(argument as never) })
    } catch (error) {
      process.send?.({ id, error: String(error instanceof Error ? error.stack : error) })
    }
  })
  process.on('disconnect', () => process.exit())
}

/** What a server has used since the last call, and its memory now. */
export interface Usage {
  cpuMs: number
  rssBytes: number
}

export function usageMeter(): () => Usage {
  let last = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(last)
    last = process.cpuUsage()
    return { cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() }
  }
}
