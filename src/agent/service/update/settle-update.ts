import { existsSync } from 'node:fs'
import type { ServiceOptions } from '../options.ts'
import { ownProcess } from '../processes/own-process.ts'

/**
 * Called at each welcome. Ends the trial of the executable if this service was started in one; not of one that began since, which
 * another process has to be welcomed for.
 */
export function updateSettler({ paths, self, log }: Pick<ServiceOptions, 'paths' | 'self' | 'log'>): () => void {
  let isOnTrial = existsSync(paths.guardTimerFile)
  const argv = ['settle-update', ...(paths.instance === undefined ? [] : ['--instance', paths.instance])]
  return () => {
    if (!isOnTrial) return
    isOnTrial = false
    void ownProcess(self, argv).then(({ isDone, how, said }) => {
      if (isDone) return log('info', 'the controller has welcomed this version of the agent: it stays')
      // The next welcome tries again; without one, the former executable comes back.
      isOnTrial = true
      log('error', `could not end the trial of this version: ${how}${said && `: ${said}`}`)
    })
  }
}
