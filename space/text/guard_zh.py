"""What the server says to a request that it does not take, in Simplified Chinese; the same names as guard_en."""

FOREIGN = "本服务器只回答自己的页面和其他程序，不回答其他网站：请直接打开本页面提问。"
OUTSIDE = "本服务器不从其他地址获取任何内容：请直接发送图片本身。"
TOO_LARGE = "请求超过 {limit} MB：请发送较小的图片，一次一张。"
NO_ROOM = "服务器上的上传已达上限；每个上传都会在几分钟内删除：请十分钟后再试。"
BUSY = "已有 {waiting} 个问题在等待，因此未接受这一个；页面上显示的仍是上一个问题的答案。请一分钟后再试。"
NOWHERE = "此地址没有内容。"
UNREADABLE = "无法读取该请求：格式请见页面底部的“通过 API 使用”。"
