# SPDX-License-Identifier: MIT
# Streams of iperf3 whose contents are known, for Dom0 and the Debian guest.  iperf3 ends a test when
# the sender has sent all and may leave the last bytes unread, so a stream is right if it is as long
# as the receiver says, nearly as long as what was sent, and byte for byte its beginning.

stream_length=8388608
stream_data() {
	seq 1 2000000 | head -c $stream_length
}
stream_count() { # SENT-OR-RECEIVED: bytes, from iperf3's report
	tr -d ' \t' </tmp/stream.json | awk -F '[:,]' -v key="\"sum_$1\"" '$1 == key { on = 1 }
		on && $1 == "\"bytes\"" { print $2; exit }'
}

# Serve one stream into FILE; $stream_verdict is "whole" or what is wrong.
stream_take() { # FILE
	local size
	rm -f "$1"
	if ! iperf3 -s -1 -J -F "$1" >/tmp/stream.json 2>&1; then
		stream_verdict=no-stream
		return
	fi
	size=$(stat -c %s "$1")
	if [ "$size" != "$(stream_count received)" ]; then
		stream_verdict="$size-bytes-of-$(stream_count received)"
	elif [ "$size" -lt $((stream_length - stream_length / 16)) ]; then
		stream_verdict="only-$size-bytes"
	elif ! stream_data | head -c "$size" | cmp -s - "$1"; then
		stream_verdict=not-what-was-sent
	else
		stream_verdict=whole
	fi
}

# The receiver may still be busy with the stream before.
stream_send() { # ADDRESS
	local try
	stream_data >/tmp/source
	for try in 1 2 3 4 5; do
		if iperf3 -c "$1" -J -F /tmp/source >/tmp/stream.json 2>&1; then
			stream_bytes=$(stream_count sent)
			return
		fi
		sleep 1
	done
	return 1
}
