import { escapeArgv } from '../../../src/base/escape-argv.ts'
import { decodeRecords } from '../../../src/ledger/record-format.ts'

/** Sees to it that no effect of a step comes before its record is durable. */
export function writeAhead() {
  const recorded = new Map<number, string>()
  let read = 0

  return {
    /** Undoing has nothing to record before. */
    isOn: false,
    check(durable: Buffer, name: string, args: unknown[]): void {
      if (!this.isOn) return
      for (const entry of decodeRecords(durable.subarray(read)).entries) {
        if (entry.kind === 'change') recorded.set(entry.seq, entry.what)
        if (entry.kind === 'undone') recorded.delete(entry.change)
      }
      read = durable.length
      const what = subjectOf(name, args)
      if (what === undefined || [...recorded.values()].some((each) => each === what || each.startsWith(`${what} = `))) {
        return
      }
      throw new Error(`${name} of ${what} comes before its record is in the ledger`)
    },
  }
}

/** What the record of an effect is about; undefined where it is no change of the host, but a copy in our own directory. */
function subjectOf(name: string, args: unknown[]): string | undefined {
  switch (name) {
    case 'backUp':
      return undefined
    case 'installFile':
    case 'moveFile':
    case 'createLink':
      return args[1] as string
    case 'execute':
      return escapeArgv(args[0] as string[])
    case 'restartUnit':
      return `restart ${args[0]}`
    case 'daemonReload':
      return 'daemon-reload'
    case 'writeSysctl':
      return args[0] === 'kernel.hostname' ? (args[1] as string) : (args[0] as string)
    case 'download':
      return (args[0] as { path: string }).path
    default:
      return args[0] as string
  }
}
