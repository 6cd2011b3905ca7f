// An audio worklet: sends the microphone as 16-bit PCM, 20 ms at a time.

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.samples = new Int16Array(Math.round(sampleRate / 50));
    this.count = 0;
  }

  process([[channel]]) {
    if (!channel) return true;
    for (const value of channel) {
      this.samples[this.count++] = Math.max(-32768, Math.min(32767, Math.round(value * 32767)));
      if (this.count === this.samples.length) {
        const piece = this.samples.slice();
        this.port.postMessage(piece.buffer, [piece.buffer]);
        this.count = 0;
      }
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
