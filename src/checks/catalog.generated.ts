// Written by scripts/catalog.ts: do not edit.
import type { Check } from '../engine/check.ts'
import { check as controller } from './controller/check.ts'
import { check as cpu } from './cpu/check.ts'
import { check as disk } from './disk/check.ts'
import { check as dnsPort } from './dns-port/check.ts'
import { check as fapolicyd } from './fapolicyd/check.ts'
import { check as firewalld } from './firewalld/check.ts'
import { check as hostname } from './hostname/check.ts'
import { check as memory } from './memory/check.ts'
import { check as ntp } from './ntp/check.ts'
import { check as os } from './os/check.ts'
import { check as ports } from './ports/check.ts'
import { check as previousKubernetes } from './previous-kubernetes/check.ts'
import { check as privilege } from './privilege/check.ts'
import { check as resolvConf } from './resolv-conf/check.ts'
import { check as timeSkew } from './time-skew/check.ts'

export const checks: Check[] = [
  controller,
  cpu,
  disk,
  dnsPort,
  fapolicyd,
  firewalld,
  hostname,
  memory,
  ntp,
  os,
  ports,
  previousKubernetes,
  privilege,
  resolvConf,
  timeSkew,
]
