/** Entry point of the controller: runs a command, prints its error, and exits. */

import { runProgram } from './cli/controller/program.ts'
import { exitCode } from './cli/kit/exit-code.ts'
import { nameFileErrors } from './cli/kit/name-file-errors.ts'
import { ownProgram } from './cli/kit/own-program.ts'
import { guardStandardStreams } from './cli/kit/standard-streams.ts'

const ended = guardStandardStreams(process)
exitCode(nameFileErrors(runProgram), ownProgram('controller'))
  .then(ended)
  .then((code) => process.exit(code))
