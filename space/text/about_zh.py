"""What the page says of its checkpoint, in Simplified Chinese; the same names and fields as about_en."""

ABOUT_LIMITS = "它多常出错：先看误报"
ABOUT_ALARMS = (
    "在没有参与训练的 {pictures} 张真人照片中，{share} 被判为“{word}”（95\u00a0% 区间 {low} 至 {high}）。"
    "其中每一次，都会是一次冤枉。"
)
ABOUT_ALARMS_TABLE = "被判为“{word}”的真实照片，按来源"
ABOUT_ALARMS_HEAD = ("真实照片的来源", "照片数", "误报", "95\u00a0% 区间")
ABOUT_NONE_SEEN = "没有照片引起误报时，区间上端取 3 除以照片数：没有见到，不等于没有。"
ABOUT_MISSES = "在 {pictures} 张伪造照片中，{share} 被判为“{word}”（95\u00a0% 区间 {low} 至 {high}）。"
ABOUT_UNCERTAIN = "全部照片中有 {uncertain} 被判为不确定；其余的照片中，{right} 判对。"
ABOUT_RANKING = (
    "按 P(fake) 排序，随机一张伪造照片排在随机一张真实照片之前的情形占 {auc}（AUC，95\u00a0% 区间 {low} 至 {high}）；"
    "最弱的是 {weakest}，为 {weakest_auc}；最强的是 {strongest}，为 {strongest_auc}。"
)
ABOUT_SAME_SOURCES = (
    "这些照片与训练照片来自同样的来源。遇到从未见过的生成器、相机或网站，这类检测器会失去大部分能力。"
)
ABOUT_PROTOCOL = "测量所用的划分为“{split}”，协议为“{protocol}”，每张照片都以同样方式重新保存。"
ABOUT_UNMEASURED = "这套权重旁没有针对它的评测，因此无法说明它多常出错。阅读每个判定时，请记住这一点。"
ABOUT_MORE_LIMITS = "更多局限，摘自权重旁的模型卡"
ABOUT_NO_CARD = "这套权重旁没有模型卡：没有说明它的局限和许可。"

ABOUT_CHECKPOINT = "正在使用的权重"
ABOUT_NAME = "检查点"
ABOUT_REVISION = "Hub 上的修订版本"
ABOUT_HASH = "权重的 SHA-256"
ABOUT_SIZE = "规模"
ABOUT_PARAMETERS = "{count} 百万个参数"
ABOUT_RULE = "判定规则的来历"
ABOUT_LICENCE = "权重的许可"
ABOUT_LICENCES = {
    "cc-by-nc-4.0": "CC BY-NC 4.0",
    "mit": "MIT",
    "apache-2.0": "Apache 2.0",
    "cc-by-4.0": "CC BY 4.0",
}
ABOUT_LICENCE_UNKNOWN = "未说明；使用前请询问发布者"
ABOUT_NO_CHECKPOINT = "这套权重不来自任何检查点：没有名称、哈希、许可或评测可以展示。"
