/**
 * How the contracts are brought up, as Hardhat Ignition modules: what is created with which arguments, in which order. One description
 * for the local chain and every other; the journal that Ignition keeps makes it idempotent. Ignition itself is handed in, because it is
 * loaded only where something is deployed.
 */
import type {
  IgnitionModuleBuilder,
  ModuleParameterRuntimeValue,
  NamedArtifactContractDeploymentFuture,
} from '@nomicfoundation/ignition-core'
import { clearingHouse } from './abi/ClearingHouse.ts'
import { energyCredit } from './abi/EnergyCredit.ts'
import { energyMeter } from './abi/EnergyMeter.ts'
import { testDollar } from './abi/TestDollar.ts'

type BuildModule = typeof import('@nomicfoundation/ignition-core').buildModule

/** Where each contract's source lies, and its bytecode; the names are those that the modules use. */
export const artifacts = {
  ClearingHouse: { source: 'contracts/clearing/ClearingHouse.sol', ...clearingHouse },
  EnergyMeter: { source: 'contracts/energy/EnergyMeter.sol', ...energyMeter },
  EnergyCredit: { source: 'contracts/energy/EnergyCredit.sol', ...energyCredit },
  TestDollar: { source: 'contracts/token/TestDollar.sol', ...testDollar },
} as const

/** The module whose parameters a file gives. */
export const name = 'Sunledger'

type Asset = ModuleParameterRuntimeValue<string> | NamedArtifactContractDeploymentFuture<'TestDollar'>

/** The clearing house, the meter, and the credit that the meter makes, listed by the cold key, who sends all of it. */
const contracts = (m: IgnitionModuleBuilder, asset: Asset) => {
  const keys = ['settlementKey', 'creditKey', 'coldKey'].map((key) => m.getParameter<string>(key))
  const periods = ['exitWindowSeconds', 'noticePeriodSeconds'].map((period) => m.getParameter<bigint>(period))
  const house = m.contract('ClearingHouse', [asset, ...keys, ...periods])
  const meter = m.contract('EnergyMeter', [house, m.getParameter<string>('issuer')])
  const credit = m.contractAt('EnergyCredit', m.staticCall(meter, 'credit'))
  m.call(house, 'listAsset', [credit])
  return { house, meter, credit }
}

/** On a chain that has a dollar: the parameter `asset` says where. */
export const sunledger = (buildModule: BuildModule) =>
  buildModule(name, (m) => contracts(m, m.getParameter<string>('asset')))

/** With a test dollar of its own, which the issuer mints. */
export const local = (buildModule: BuildModule) =>
  buildModule(name, (m) => {
    const dollar = m.contract('TestDollar', [m.getParameter<string>('issuer')])
    return { dollar, ...contracts(m, dollar) }
  })
