import { open } from 'node:fs/promises'
import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { sysctlPath } from '../machine.ts'
import { execute } from './commands.ts'
import { withFileErrors } from './files/file-error.ts'

export async function writeSysctl(key: string, value: string): Promise<void> {
  const path = sysctlPath(key)
  await withFileErrors(path, async () => {
    try {
      const file = await open(path, 'r+')
      try {
        await file.write(value)
      } finally {
        await file.close()
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code !== 'ENOENT' && code !== 'EINVAL') throw error
      const problem = code === 'ENOENT' ? 'this kernel does not have the parameter' : 'the kernel refused the value'
      throw new AgentError('sysctl/refused', `could not set ${key} to ${value}: ${problem}`, {
        fix: `list the parameters of this kernel: ${command`sysctl -a --pattern ${key.split('.').at(-1) ?? key}`}`,
        cause: error,
      })
    }
  })
}

export async function loadModule(name: string): Promise<void> {
  await execute(['modprobe', '--', name], { timeoutMs: 30_000 })
}

/** Also unloads modules that only this one needed. */
export async function unloadModule(name: string): Promise<void> {
  await execute(['modprobe', '--remove', '--', name], { timeoutMs: 30_000 })
}

export async function kill(pid: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
