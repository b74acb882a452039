import type { Command } from 'commander'
import { registerBuild } from './build.ts'
import { registerVerify } from './verify.ts'

/** `controller image build|verify`. */
export function registerImage(program: Command): void {
  const image = program.command('image').description('build and verify images of machines with the agent')
  registerBuild(image)
  registerVerify(image)
}
