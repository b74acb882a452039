import { text } from 'node:stream/consumers'
import { linuxMachine } from '../../../host/linux/linux-machine.ts'
import { carryOutErrand } from '../../../operations/carry-out.ts'
import { Errand } from '../../../protocol/wire/operation.ts'

/** `agent errand`: the service starts it with an errand it has verified on standard input; the answer goes to stdout. */
export async function runErrand(): Promise<number> {
  const errand = Errand.parse(JSON.parse(await text(process.stdin)))
  process.stdout.write(JSON.stringify(await carryOutErrand(linuxMachine(), errand)))
  return 0
}
