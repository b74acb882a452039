/** The public functions of the test bed. */
export { type Bed, bedNamed, CONTROLLER_NAME, defaultBed, GATEWAY, inNetwork } from './bed.ts'
export { leftovers } from './leftovers.ts'
export { consoleLog, exec, execOk, inNode, type Node, path } from './machine.ts'
export { boot, copyIn, down, downAll, find, isRunning, kill, list, type UpOptions, up } from './nodes.ts'
export { testbedOverrides } from './overrides.ts'
export { whyNot } from './requirements.ts'
export type { Output, RunOptions } from './run.ts'
