import { Option } from 'commander'
import { NodeRole } from '../../protocol/names.ts'
import { collect } from '../kit/collect.ts'

/** `--role`, as what the machine is checked. */
export const roleOption = (): Option =>
  new Option('--role <role>', 'intended role, for the prechecks; repeatable')
    .choices(NodeRole.options)
    .argParser(collect)
