import type { Command } from 'commander'
import { version } from '../../base/version.ts'
import { examples } from '../kit/output.ts'
import { print } from './session/session.ts'

/** `controller openapi`. */
export function registerOpenapi(program: Command): void {
  program
    .command('openapi')
    .description("print the controller's HTTP API as an OpenAPI 3.1 document")
    .addHelpText('after', examples('controller openapi > openapi.json'))
    .action(async () => {
      const { openapi } = await import('../../controller/api/reference/openapi.ts')
      print(`${JSON.stringify(openapi(version.version), null, 2)}\n`)
    })
}
