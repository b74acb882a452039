/** The command that starts this program again: `['/usr/local/bin/cantrip-agent']`, or node and a source file. */
export type Self = readonly [string, ...string[]]

/** `isExecutable`: whether the program and Node are one file. */
export function selfOf(process: Pick<NodeJS.Process, 'execPath' | 'execArgv' | 'argv'>, isExecutable: boolean): Self {
  const script = process.argv[1]
  if (isExecutable || script === undefined) return [process.execPath]
  return [process.execPath, ...process.execArgv, script]
}
