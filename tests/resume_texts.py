"""What the drawn resumes say. People, employers and numbers are made up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Study:
    school: str
    degree: str
    major: str
    period: str
    start: str
    end: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    employer: str
    title: str
    period: str
    start: str
    end: str
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Headings and labels of a language; `cells` are those of the form: person, education, work."""

    phone: str
    email: str
    gender: str
    birth: str
    contact: str
    education: str
    work: str
    skills: str
    languages: str
    form: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    slug: str
    layout: str
    words: Words
    name: str
    phone: str
    email: str
    place: str
    gender: str
    birth: str
    birth_iso: str
    education: tuple[Study, ...]
    work: tuple[Job, ...]
    skills: tuple[tuple[str, tuple[str, ...]], ...]
    languages: tuple[tuple[str, str], ...]

    @property
    def chinese(self) -> bool:
        return self.words is CHINESE or self.words is CHINESE_TOO


GENDERS = {"Male": "male", "Female": "female", "男": "male", "女": "female"}
ENGLISH = Words(
    "Phone: ", "E-mail: ", "Gender: ", "Date of birth: ", "Contact", "Education", "Work Experience", "Skills",
    "Languages",
    "Application Form",
    ("Name", "Gender", "Date of birth", "Phone", "E-mail", "Address", "Period", "School", "Major", "Degree",
     "Period", "Employer", "Position"),
)  # fmt: skip
ENGLISH_TOO = Words(
    "Tel: ", "Email: ", "Sex: ", "Born: ", "Contact details", "EDUCATION", "EMPLOYMENT HISTORY", "TECHNICAL SKILLS",
    "LANGUAGES", "Curriculum Vitae", ENGLISH.cells,
)  # fmt: skip
CHINESE = Words(
    "电话：", "邮箱：", "性别：", "出生年月：", "联系方式", "教育背景", "工作经历", "专业技能", "语言能力",
    "应聘登记表",
    ("姓名", "性别", "出生年月", "联系电话", "电子邮箱", "现居住地", "起止时间", "毕业院校", "专业", "学历",
     "起止时间", "工作单位", "职务"),
)  # fmt: skip
CHINESE_TOO = Words(
    "手机：", "E-mail：", "性 别：", "出生日期：", "联系我", "学习经历", "任职经历", "技能特长", "外语水平", "个人简历",
    CHINESE.cells,
)  # fmt: skip

PEOPLE = (
    Person(
        "maren-oakley", "plain", ENGLISH, "Maren Oakley", "+44 7700 900142", "maren.oakley@example.org", "Leeds",
        "Female", "14 March 1991", "1991-03-14",
        (
            Study("University of Harrowgate", "MSc", "Data Science", "Sept 2013 – June 2014", "2013-09", "2014-06"),
            Study("Calder College", "BSc", "Mathematics", "2010 – 2013", "2010", "2013"),
        ),
        (
            Job("Pellworth Analytics Ltd", "Senior Data Analyst", "March 2018 – present", "2018-03", "present",
                ("Built the forecast of parcel volumes for eleven depots.", "Led three analysts through a change of"
                                                                            " warehouse software.")),
            Job("Quillon Insurance Group", "Data Analyst", "July 2014 – February 2018", "2014-07", "2018-02",
                ("Cut the monthly close from nine days to four.",)),
        ),
        (("Programming", ("Python", "SQL", "R")), ("Tools", ("Tableau", "Git", "dbt"))),
        (("English", " (native)"), ("German", " (B2)")),
    ),
    Person(
        "tobias-wren", "centred", ENGLISH_TOO, "Tobias Wren", "(503) 555-0148", "t.wren@example.com", "Portland, OR",
        "Male", "", "",
        (Study("Astoria Institute of Technology", "Bachelor of Science", "Mechanical Engineering", "08/2006 - 05/2010",
               "2006-08", "2010-05", "Bachelor of Science in Mechanical Engineering"),),
        (
            Job("Larkspur Pumps, Inc.", "Design Engineer", "06/2015 - Present", "2015-06", "present",
                ("Designed a seal that runs twice as long in salt water.", "Holds two patents on impellers (2017,"
                                                                           " 2020).")),
            Job("Columbia Valve Company", "Junior Mechanical Engineer", "07/2010 - 05/2015", "2010-07", "2015-05",
                ("Drew castings and tested them to 400 bar.",)),
        ),
        (("CAD", ("SolidWorks", "AutoCAD", "Creo")), ("Analysis", ("ANSYS", "MATLAB"))),
        (("English", ""), ("Spanish", " - intermediate")),
    ),
    Person(
        "ines-falk", "sidebar", ENGLISH, "Ines Falk", "+49 151 23456789", "ines.falk@example.net", "Bremen, Germany",
        "Female", "", "",
        (Study("Weser University", "Master of Arts", "Graphic Design", "2012 - 2014", "2012", "2014",
               "Master of Arts in Graphic Design"),
         Study("Academy of Arts Oldenhof", "Bachelor of Arts", "Illustration", "2009 - 2012", "2009", "2012",
               "Bachelor of Arts in Illustration")),
        (
            Job("Blauwal Studios GmbH", "Art Director", "Jan 2019 - present", "2019-01", "present",
                ("Renewed the look of four regional museums.", "Manages a team of six designers.")),
            Job("Kontor Nord Agency", "Graphic Designer", "Oct 2014 - Dec 2018", "2014-10", "2018-12",
                ("Posters and catalogues for the harbour festival.",)),
        ),
        (("", ("Figma", "InDesign", "Typography", "Screen printing")),),
        (("German", " - native"), ("English", " - fluent"), ("Dutch", " - basic")),
    ),
    Person(
        "samuel-adeyo", "table", ENGLISH, "Samuel Adeyo", "020 7946 0123", "s.adeyo@example.org", "London",
        "Male", "2 July 1985", "1985-07-02",
        (Study("Thornbury University", "MBA", "Finance", "2010 - 2012", "2010", "2012"),
         Study("Kelway College", "BA", "Economics", "2003 - 2006", "2003", "2006")),
        (
            Job("Marchbank & Sons Ltd", "Finance Director", "2016 - present", "2016", "present"),
            Job("Harlow Water Company", "Financial Controller", "2012 - 2016", "2012", "2016"),
            Job("Tessel Bank", "Credit Analyst", "2006 - 2010", "2006", "2010"),
        ),
        (("Software", ("SAP", "Excel", "Power BI")),),
        (("English", ""), ("French", ""), ("Yoruba", "")),
    ),
    Person(
        "clara-nunez-voss", "timeline", ENGLISH_TOO, "Clara Nuñez-Voss", "555-014-2277", "clara@example.com", "Denver",
        "Female", "", "",
        (Study("Sable Creek University", "PhD", "Hydrology", "2008 - 2012", "2008", "2012", "PhD in Hydrology"),
         Study("Mesa State College", "B.S.", "Geology", "2004 - 2008", "2004", "2008", "B.S. in Geology")),
        (
            Job("Upland Water Institute", "Research Scientist", "May 2016 - present", "2016-05", "present",
                ("Models snow melt in nine basins.", "Teaches field methods every summer.")),
            Job("Tamarack Consulting LLC", "Hydrologist", "Sep 2012 - Apr 2016", "2012-09", "2016-04",
                ("Flood maps for 31 towns.",)),
        ),
        (("Methods", ("isotope sampling", "remote sensing")), ("Software", ("QGIS", "Fortran", "Python"))),
        (("English", ""), ("Spanish", " (fluent)")),
    ),
    Person(
        "shen-yutong", "plain", CHINESE, "沈雨桐", "138-0550-4417", "shen.yutong@example.org", "杭州", "女",
        "1993年5月", "1993-05",
        (Study("钱江理工大学", "硕士", "计算机科学与技术", "2015.09-2018.06", "2015-09", "2018-06"),
         Study("湖州师范大学", "本科", "软件工程", "2011.09-2015.06", "2011-09", "2015-06")),
        (
            Job("杭州云帆信息技术有限公司", "后端开发工程师", "2020.03-至今", "2020-03", "present",
                ("负责订单系统的重构，接口平均耗时下降四成。", "带领五人小组完成数据库迁移。")),
            Job("宁波海图科技有限公司", "软件工程师", "2018.07-2020.02", "2018-07", "2020-02", ("开发港口调度平台。",)),
        ),
        (("编程语言", ("Python", "Go", "Java")), ("数据库", ("MySQL", "Redis"))),
        (("英语", "六级"), ("日语", "N2")),
    ),
    Person(
        "he-jianming", "centred", CHINESE_TOO, "贺建明", "+86 139 0571 2260", "hejm@example.com", "广东佛山", "男", "",
        "",
        (Study("岭海工业大学", "本科", "机械设计制造及其自动化", "2004年9月 - 2008年7月", "2004-09", "2008-07",
               "机械设计制造及其自动化 | 本科"),),
        (
            Job("佛山恒锐精密机械有限公司", "生产经理", "2014年5月 - 至今", "2014-05", "present",
                ("管理三条装配线，共一百二十人。", "推行看板管理，在制品减少三分之一。")),
            Job("珠海蓝礁电器集团", "工艺工程师", "2008年7月 - 2014年4月", "2008-07", "2014-04", ("编制注塑工艺文件。",
            )),
        ),
        (("管理", ("精益生产", "六西格玛")), ("软件", ("SolidWorks", "AutoCAD", "SAP"))),
        (("英语", "（良好）"), ("粤语", "（母语）")),
    ),
    Person(
        "ouyang-ling", "sidebar", CHINESE, "欧阳苓", "15902884136", "ouyang.ling@example.net", "四川成都", "女", "", "",
        (Study("锦江传媒学院", "本科", "视觉传达设计", "2010年-2014年", "2010", "2014", "视觉传达设计  本科"),),
        (
            Job("成都青瓦文化传播有限公司", "设计总监", "2019年3月-至今", "2019-03", "present",
                ("主持六个城市博物馆的品牌设计。", "团队九人，连续三年获得行业奖项。")),
            Job("重庆山语广告有限公司", "平面设计师", "2014年7月-2019年2月", "2014-07", "2019-02",
            ("完成画册与展板设计。",)),
        ),
        (("", ("Photoshop", "Illustrator", "品牌策划", "版式设计")),),
        (("普通话", "二级甲等"), ("英语", "四级")),
    ),
    Person(
        "zhuang-haifeng", "table", CHINESE, "庄海峰", "0592-5550187", "zhuang.hf@example.org", "福建厦门", "男",
        "1980-11-06",
        "1980-11-06",
        (Study("鹭岛大学", "硕士研究生", "会计学", "2002.09-2005.06", "2002-09", "2005-06"),
         Study("泉山财经学院", "本科", "财务管理", "1998.09-2002.06", "1998-09", "2002-06")),
        (
            Job("厦门启航物流股份有限公司", "财务总监", "2013.01-至今", "2013-01", "present"),
            Job("正合会计师事务所", "审计经理", "2008.04-2012.12", "2008-04", "2012-12"),
            Job("福州瑞丰贸易公司", "会计", "2005.07-2008.03", "2005-07", "2008-03"),
        ),
        (("软件", ("用友", "金蝶", "Excel")),),
        (("英语", "六级"), ("闽南语", "")),
    ),
    Person(
        "lu-siqi", "timeline", CHINESE_TOO, "陆思齐", "186 0135 7924", "lusiqi@example.com", "北京", "男", "", "",
        (Study("燕北大学", "博士", "临床药学", "2011.09-2015.07", "2011-09", "2015-07", "临床药学专业 博士"),
         Study("冀东医学院", "本科", "药学", "2006.09-2011.07", "2006-09", "2011-07", "药学专业 本科")),
        (
            Job("北京仁和儿童医院", "主任药师", "2019.04-至今", "2019-04", "present",
                ("负责全院抗菌药物管理。", "主持自动发药系统上线。")),
            Job("天津滨河医院", "药师", "2015.08-2019.03", "2015-08", "2019-03", ("参与处方点评与临床会诊。",)),
        ),
        (("专业", ("处方审核", "治疗药物监测")), ("工具", ("SPSS", "R"))),
        (("英语", "（流利）"), ("德语", "（入门）")),
    ),
)  # fmt: skip
