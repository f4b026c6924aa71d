/**
 * Disks that fail for real: file systems on loop devices, whose own files then take nothing more. What is written to them is taken into the
 * system's memory first, as ever, and waiting for the disk ends in an error. Only where file systems may be mounted (root, Linux).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { folder as newFolder } from './Folder.ts'

/** A file system that can be used up to a limit, or until it fails. */
export interface BadDisk {
  readonly folder: string
  /** From now on nothing new reaches the disk. */
  fail(): void
  /** It takes writes again. */
  mend(): void
  /** What was only in the system's memory is gone. Nobody may have anything open there. */
  powerCut(): void
}

const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }
const run = (command: string, ...args: string[]): boolean => spawnSync(command, args, { env }).status === 0

const must = (command: string, ...args: string[]): void => {
  if (!run(command, ...args)) throw new Error(`${command} ${args.join(' ')} failed`)
}

/** A file with a file system in it. */
const image = (path: string, mebibytes: number): void => {
  writeFileSync(path, '')
  truncateSync(path, mebibytes << 20)
  must('mkfs.ext4', '-q', '-F', '-O', '^has_journal', '-m', '0', '-E', 'nodiscard,lazy_itable_init=0', path)
}

/** A folder that things may be mounted in, until the test ends. */
const place = (): string => {
  const folder = newFolder()
  onTestFinished(() => {
    run('umount', '-l', folder)
  })
  return folder
}

// Blocks are allotted when they are written: where that comes later, Linux 6.18 tells nothing of the first ones that the device refuses.
const loop = (file: string, folder: string): void => must('mount', '-o', 'loop,nodelalloc', file, folder)

/** Every write ends in EIO: the file system that the disk lies in has been given up. It is mended with the power cut. */
export const broken = (): BadDisk => {
  const [base, lower, folder] = [newFolder(), place(), place()]
  const [outer, inner] = [join(base, 'image'), join(lower, 'image')]
  const start = (): void => {
    loop(outer, lower)
    if (!existsSync(inner)) image(inner, 48)
    loop(inner, folder)
  }
  image(outer, 64)
  start()
  return {
    folder,
    fail() {
      for (const each of [folder, lower]) must('sync', '-f', each)
      must('mount', '-o', 'remount,abort', lower)
    },
    mend() {},
    powerCut() {
      for (const each of [folder, lower]) must('umount', each)
      start()
    },
  }
}

/**
 * There is less of it than it says. The error is told once: afterwards the system takes what it could not write for written, and shows it as
 * long as it remembers.
 */
export const thin = (): BadDisk => {
  const [base, folder] = [place(), place()]
  must('mount', '-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', base)
  const [file, filler] = [join(base, 'image'), join(base, 'filler')]
  image(file, 64)
  loop(file, folder)
  return {
    folder,
    fail() {
      must('sync', '-f', folder)
      run('dd', 'if=/dev/zero', `of=${filler}`, 'bs=4k')
    },
    mend: () => rmSync(filler),
    powerCut() {
      must('umount', folder)
      loop(file, folder)
    },
  }
}

/** Full after a mebibyte, and larger when it is mended. */
export const small = (): BadDisk => {
  const folder = place()
  must('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder)
  return {
    folder,
    fail() {},
    mend: () => must('mount', '-o', 'remount,size=16m', folder),
    powerCut() {},
  }
}

/** Whether they can be made here; says so where not. */
export const isPossible = (): boolean => {
  const folder = newFolder()
  const may = process.platform === 'linux' && run('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder)
  const can = may && run('mkfs.ext4', '-V') && run('losetup', '-f')
  if (may) run('umount', folder)
  if (!can) process.stderr.write('No file system may be made and mounted here: tests of failing disks are skipped.\n')
  return can
}
