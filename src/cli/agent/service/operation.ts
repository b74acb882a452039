import { text } from 'node:stream/consumers'
import { linuxMachine } from '../../../host/linux/linux-machine.ts'
import { carryOutOperation } from '../../../operations/carry-out.ts'
import { Operation } from '../../../protocol/wire/operation.ts'

/** `agent operation`: the service starts it with a verified operation on stdin. Writes the answer to stdout. */
export async function runOperation(): Promise<number> {
  const operation = Operation.parse(JSON.parse(await text(process.stdin)))
  process.stdout.write(JSON.stringify(await carryOutOperation(linuxMachine(), operation)))
  return 0
}
