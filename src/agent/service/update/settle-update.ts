import { existsSync } from 'node:fs'
import type { ServiceOptions } from '../options.ts'

/**
 * Called at each welcome. Ends the trial of the executable if this service was started in one; not of one that began since, which
 * another process has to be welcomed for.
 */
export function updateSettler({ paths, self, log }: Pick<ServiceOptions, 'paths' | 'self' | 'log'>): () => void {
  let isOnTrial = existsSync(paths.guardTimerFile)
  return () => {
    if (!isOnTrial) return
    isOnTrial = false
    void settle().catch((error: unknown) => log('error', `could not end the trial of this version: ${error}`))
  }
  async function settle(): Promise<void> {
    const { spawn } = await import('node:child_process')
    const [command, ...before] = self
    const argv = [...before, 'settle-update', ...(paths.instance === undefined ? [] : ['--instance', paths.instance])]
    const child = spawn(command, argv, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2_000)
    })
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
    if (child.exitCode === 0) return log('info', 'the controller has welcomed this version of the agent: it stays')
    // The next welcome tries again; without one, the former executable comes back.
    isOnTrial = true
    throw new Error(`exit code ${child.exitCode}: ${said.trim()}`)
  }
}
