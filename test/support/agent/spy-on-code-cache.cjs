// A program that is started with this tells of each script it compiles whether V8 refused the code cache given with it.
const vm = require('node:vm')

vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options)
    process.stderr.write(`${options.filename}: cachedDataRejected ${this.cachedDataRejected}\n`)
  }
}
