import { type Layout, STANDARD } from '../../base/layout.ts'
import type { Machine } from '../machine.ts'
import { execute } from './commands.ts'
import * as files from './files/durable-files.ts'
import { sameContent } from './files/files.ts'
import { removeTree } from './files/remove-tree.ts'
import { linuxHostView } from './host-view.ts'
import { kill, loadModule, unloadModule, writeSysctl } from './kernel.ts'
import * as services from './services.ts'

/** The machine on which this process runs. */
export function linuxMachine(layout: Layout = STANDARD): Machine {
  let download: Machine['download'] | undefined
  return {
    ...linuxHostView(layout),
    sameContent,
    writeFile: files.writeFile,
    createDirectory: files.createDirectory,
    installFile: files.installFile,
    moveFile: files.moveFile,
    createLink: files.createLink,
    setMode: files.setMode,
    unlink: files.remove,
    removeDirectory: files.removeDirectory,
    backUp: files.backUp,
    restoreFile: files.restoreFile,
    removeTree,
    execute,
    async download(wanted) {
      download ??= (await import('./network/download.ts')).downloader()
      await download(wanted)
    },
    unitState: services.unitState,
    setUnit: services.setUnit,
    restartUnit: services.restartUnit,
    daemonReload: services.daemonReload,
    writeSysctl,
    loadModule,
    unloadModule,
    kill,
  }
}
