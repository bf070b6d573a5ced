SELECT generation, phase FROM read.running_builds WHERE projection = $1
