import { escapeArgv } from '../../../src/base/text/escape-argv.ts'
import { decodeRecords } from '../../../src/ledger/record-format.ts'

/** Checks that no effect of a step happens before its record is durable. */
export function writeAhead() {
  const recorded = new Map<number, string>()
  let read = 0

  return {
    /** Off during undo, which records nothing beforehand. */
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
      throw new Error(`${name} of ${what} happened before its record was in the ledger`)
    },
  }
}

/** The subject of an effect's record; undefined for a copy in Cantrip's own directory, which is not recorded. */
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
