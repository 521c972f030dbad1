/** Whether onnxruntime works on a device of this machine, found out by a graph of one node. */
import { makeNode, makeValueInfo } from '../onnx/make.ts';
import { FLOAT, GRAPH, MODEL, OPSET } from '../onnx/model.ts';
import { blockPart, intPart, writeFields } from '../onnx/protobuf.ts';
import { type Device, type DeviceName, openOn } from './device.ts';

/** @returns where it ran. @throws InvalidInputError, with onnxruntime's reason, if a device that was named is not there */
export async function probeDevice(device: Device): Promise<DeviceName> {
  const opened = await openOn(identity(), device, 1);
  await opened.inference.release();
  return opened.device;
}

/** A model that gives back the number that it is given. */
function identity(): Uint8Array {
  const graph = [
    blockPart(GRAPH.node, makeNode('Identity', ['x'], ['y']).bytes),
    blockPart(GRAPH.input, makeValueInfo('x', FLOAT, [1]).bytes),
    blockPart(GRAPH.output, makeValueInfo('y', FLOAT, [1]).bytes),
  ];
  return writeFields([
    intPart(MODEL.irVersion, 8),
    blockPart(MODEL.graph, graph),
    blockPart(MODEL.opset, [intPart(OPSET.version, 17)]),
  ]);
}
