/**
 * Files with a picture track before their sound tracks.
 * @module
 */

import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEncoder } from '../../src/audio/io/codec-engine.ts';
import { loadFfmpeg } from '../../src/audio/io/ffmpeg.ts';
import type { MuxTrack } from '../../src/audio/io/mux.ts';

const FRAMES_A_SECOND = 10;
const SIZE = 32;

/**
 * A file of a moving picture of `seconds` seconds and sound tracks.
 * @param muxer FFmpeg's name of the container
 * @param pictureEncoder FFmpeg's name of the encoder of the pictures
 */
export async function muxVideo(
  muxer: string,
  pictureEncoder: 'mpeg4' | 'libvpx' | 'ffv1',
  seconds: number,
  tracks: readonly MuxTrack[],
): Promise<Uint8Array> {
  const { av, constants } = await loadFfmpeg();
  const path = join(tmpdir(), `video-${process.pid}-${performance.now()}.${muxer}`);
  const check = (status: number, what: string): void => {
    if (status < 0) throw new Error(`${muxer} ${what}: ${av.FFmpegError.strerror(status)}`);
  };
  const output = new av.FormatContext();
  check(output.allocOutputContext2(null, muxer, path), 'muxer');
  const io = new av.IOContext();
  check(io.open2Sync(path, constants.AVIO_FLAG_WRITE), 'file');
  output.pb = io;
  const globalHeader = output.oformat?.hasFlags(constants.AVFMT_GLOBALHEADER) ?? false;

  const codec = av.Codec.findEncoderByName(
    // FFmpeg's encoder names are a closed set of the library's types.
    pictureEncoder as unknown as Parameters<typeof av.Codec.findEncoderByName>[0],
  )!;
  const pictures = new av.CodecContext();
  pictures.allocContext3(codec);
  pictures.width = SIZE;
  pictures.height = SIZE;
  pictures.pixelFormat = constants.AV_PIX_FMT_YUV420P;
  pictures.timeBase = new av.Rational(1, FRAMES_A_SECOND);
  pictures.framerate = new av.Rational(FRAMES_A_SECOND, 1);
  if (globalHeader) pictures.setFlags(constants.AV_CODEC_FLAG_GLOBAL_HEADER);
  check(pictures.open2Sync(codec, null), 'picture encoder');
  const pictureStream = output.newStream();
  pictureStream.timeBase = new av.Rational(1, FRAMES_A_SECOND);
  pictureStream.codecpar.fromContext(pictures);

  const sounds = [];
  for (const { spec, planes, settings, tags } of tracks) {
    const encoder = await openEncoder(spec, planes.length, { ...settings, globalHeader });
    const stream = output.newStream();
    stream.timeBase = new av.Rational(1, settings.sampleRate);
    stream.codecpar.fromContext(encoder.context);
    if (tags !== undefined) stream.metadata = av.Dictionary.fromObject(tags);
    sounds.push({ encoder, stream, planes, sampleRate: settings.sampleRate });
  }
  check(output.writeHeaderSync(), 'header');

  const frame = new av.Frame();
  frame.alloc();
  const packet = new av.Packet();
  packet.alloc();
  const drain = (): void => {
    while (pictures.receivePacketSync(packet) >= 0) {
      packet.streamIndex = pictureStream.index;
      packet.rescaleTs({ num: 1, den: FRAMES_A_SECOND }, pictureStream.timeBase);
      check(output.interleavedWriteFrameSync(packet), 'picture');
      packet.unref();
    }
  };
  for (let i = 0; i < seconds * FRAMES_A_SECOND; i += 1) {
    frame.format = constants.AV_PIX_FMT_YUV420P;
    frame.width = SIZE;
    frame.height = SIZE;
    frame.getBuffer();
    for (const plane of frame.data ?? []) plane.fill((17 * i) % 256);
    frame.pts = BigInt(i);
    check(pictures.sendFrameSync(frame), 'frame');
    frame.unref();
    drain();
  }
  pictures.sendFrameSync(null);
  drain();
  for (const { encoder, stream, planes, sampleRate } of sounds) {
    encoder.encode(planes, (coded) => {
      coded.streamIndex = stream.index;
      coded.rescaleTs({ num: 1, den: sampleRate }, stream.timeBase);
      check(output.interleavedWriteFrameSync(coded), 'sound');
    });
    encoder.close();
  }
  check(output.writeTrailerSync(), 'trailer');
  io.closepSync();
  output.pb = null;
  output.freeContext();
  pictures.freeContext();
  frame.free();
  packet.free();
  const bytes = Uint8Array.from(await readFile(path));
  await rm(path);
  return bytes;
}
