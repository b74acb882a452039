// Written by scripts/catalog.ts: do not edit.
import type { Check, CheckParams } from '../engine/checks/check.ts'
import type { Step } from '../engine/step.ts'
import { check as cgroup } from './cgroup/check.ts'
import { check as commands } from './commands/check.ts'
import { check as controller } from './controller/check.ts'
import { check as cpu } from './cpu/check.ts'
import { check as defaultRoute } from './default-route/check.ts'
import { check as disk } from './disk/check.ts'
import { check as dnsPort } from './dns-port/check.ts'
import { check as etcdDisk } from './etcd-disk/check.ts'
import { check as fapolicyd } from './fapolicyd/check.ts'
import { check as filesystems } from './filesystems/check.ts'
import { check as firewall } from './firewall/check.ts'
import { check as firewalld } from './firewalld/check.ts'
import { fixStep as fixFirewalld } from './firewalld/fix-step.ts'
import { check as foreignConfiguration } from './foreign-configuration/check.ts'
import { check as hostname } from './hostname/check.ts'
import { check as identity } from './identity/check.ts'
import { check as kernel } from './kernel/check.ts'
import { check as kernelAccess } from './kernel-access/check.ts'
import { check as kernelModules } from './kernel-modules/check.ts'
import { check as memory } from './memory/check.ts'
import { check as mtu } from './mtu/check.ts'
import { check as ntp } from './ntp/check.ts'
import { check as os } from './os/check.ts'
import { check as otherManagers } from './other-managers/check.ts'
import { check as owners } from './owners/check.ts'
import { check as platform } from './platform/check.ts'
import { check as ports } from './ports/check.ts'
import { check as previousKubernetes } from './previous-kubernetes/check.ts'
import { check as privilege } from './privilege/check.ts'
import { check as proxy } from './proxy/check.ts'
import { check as registryMirror } from './registry-mirror/check.ts'
import { check as resolvConf } from './resolv-conf/check.ts'
import { fixStep as fixResolvConf } from './resolv-conf/fix-step.ts'
import { check as subnets } from './subnets/check.ts'
import { check as swap } from './swap/check.ts'
import { fixStep as fixSwap } from './swap/fix-step.ts'
import { check as sysctl } from './sysctl/check.ts'
import { fixStep as fixSysctl } from './sysctl/fix-step.ts'
import { check as timeSkew } from './time-skew/check.ts'
import { check as unfinishedRun } from './unfinished-run/check.ts'

export const checks: Check[] = [
  cgroup,
  commands,
  controller,
  cpu,
  defaultRoute,
  disk,
  dnsPort,
  etcdDisk,
  fapolicyd,
  filesystems,
  firewall,
  firewalld,
  foreignConfiguration,
  hostname,
  identity,
  kernel,
  kernelAccess,
  kernelModules,
  memory,
  mtu,
  ntp,
  os,
  otherManagers,
  owners,
  platform,
  ports,
  previousKubernetes,
  privilege,
  proxy,
  registryMirror,
  resolvConf,
  subnets,
  swap,
  sysctl,
  timeSkew,
  unfinishedRun,
]

/** By id: `mend/` and the id of the check. */
export const fixSteps: Step<CheckParams>[] = [fixFirewalld, fixResolvConf, fixSwap, fixSysctl]
